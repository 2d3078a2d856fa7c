with

charges as (

    {{ newest_versions('payments', 'charges') }}

),

statuses as (

    select * from {{ ref('statuses') }}
    where object = 'charge'

),

renamed as (

    select
        -- ids
        id as charge_id,
        payment_intent as payment_intent_id,
        invoice as invoice_id,
        customer as customer_id,
        balance_transaction as balance_transaction_id,
        payment_method as payment_method_id,

        -- strings
        currency,
        status,
        failure_code,
        {{ json_value('outcome', '$.type') }} as outcome_type,
        {{ json_value('outcome', '$.risk_level') }} as risk_level,
        {{ json_value('payment_method_details', '$.type') }} as payment_method_type,
        {{ json_value('payment_method_details', '$.card.brand') }} as card_brand,
        {{ json_value('payment_method_details', '$.card.country') }} as card_country,
        {{ json_value('payment_method_details', '$.card.funding') }} as card_funding,

        -- numerics
        amount,
        amount_captured,
        amount_refunded,

        -- booleans
        _is_deleted as is_deleted,
        paid as is_paid,
        captured as is_captured,
        refunded as is_refunded,
        disputed as is_disputed,
        livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('created') }} as created_at,
        {{ in_utc('_deleted_at') }} as deleted_at,

        -- lineage
        _run_id as run_id,
        _load_id as load_id,
        {{ in_utc('_extracted_at') }} as extracted_at

    from charges

),

with_phase as (

    select
        renamed.*,
        coalesce(statuses.phase, 'unknown') as status_phase
    from renamed
    left join statuses on renamed.status = statuses.status

)

select * from with_phase
