with

customers as (

    {{ newest_versions('payments', 'customers') }}

),

-- A deleted customer is answered without `created`; an earlier version may have it.
creations as (

    select
        id,
        min(created) as created
    from ({{ valid_versions('payments', 'customers') }}) as versions
    where id in (select customers.id from customers)
    group by id

),

renamed as (

    select
        -- ids
        customers.id as customer_id,

        -- strings
        customers.currency,
        customers.email as email_token,
        customers.name as name_token,
        {{ json_value('customers.address', '$.country') }} as country,
        customers.tax_exempt,

        -- numerics
        customers.balance,

        -- booleans
        customers._is_deleted or coalesce(customers.deleted, false) as is_deleted,
        customers.delinquent as is_delinquent,
        customers.livemode as is_livemode,

        -- timestamps
        {{ from_epoch_seconds('creations.created') }} as created_at,
        case
            when customers.deleted then {{ in_utc('customers._extracted_at') }}
            else {{ in_utc('customers._deleted_at') }}
        end as deleted_at,

        -- lineage
        customers._run_id as run_id,
        customers._load_id as load_id,
        {{ in_utc('customers._extracted_at') }} as extracted_at

    from customers
    inner join creations on customers.id = creations.id

)

select * from renamed
