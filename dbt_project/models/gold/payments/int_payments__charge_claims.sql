with

refunds as (

    select * from {{ ref('fct_refunds') }}

),

disputes as (

    select * from {{ ref('fct_disputes') }}

),

claims as (

    select
        charge_id,
        currency,
        1 as refund_count,
        0 as dispute_count,
        0 as amount_disputed,
        0 as amount_withdrawn
    from refunds
    where is_given_back

    union all

    select
        charge_id,
        currency,
        0 as refund_count,
        1 as dispute_count,
        amount as amount_disputed,
        case when is_withdrawn then amount else 0 end as amount_withdrawn
    from disputes

),

added_up as (

    select
        charge_id,
        currency,
        cast(sum(refund_count) as bigint) as refund_count,
        cast(sum(dispute_count) as bigint) as dispute_count,
        cast(sum(amount_disputed) as bigint) as amount_disputed,
        cast(sum(amount_withdrawn) as bigint) as amount_withdrawn
    from claims
    where charge_id is not null
    group by charge_id, currency

)

select * from added_up
